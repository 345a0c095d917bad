/** Smaller ones share their memory with others (Node's pool), bytes. */
const OWN_BYTES = 8192;

/**
 * Gives the memory of a large array that has it to itself back now instead of at some later collection: what is outside of
 * the heap makes whole collections come, and these make the host's young generation grow. Does nothing where this Node
 * cannot (before 22) or the memory is, or may be, shared.
 */
export function releaseBytes(bytes: Uint8Array): void {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?: (length: number) => ArrayBuffer };
  if (buffer.byteLength <= OWN_BYTES || buffer.byteLength - bytes.byteLength > OWN_BYTES) return;
  buffer.transfer?.(0);
}
