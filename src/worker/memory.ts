/** How the processes of a worker keep memory, by role: options of Node and variables of glibc (others do not read them). */
export const processMemory = {
  /**
   * A serving process holds students for days: a small nursery, which one thread collects (waking helpers takes longer and
   * takes the processor from calls), two pools of freed memory instead of one per thread, and large blocks that go back at
   * once keep what it does not use small.
   */
  serve: {
    flags: ['--max-semi-space-size=4', '--single-threaded-gc'],
    environment: {
      MALLOC_ARENA_MAX: '2',
      MALLOC_MMAP_THRESHOLD_: String(1 << 17),
      MALLOC_TRIM_THRESHOLD_: String(1 << 17),
    },
  },
  /**
   * A training step frees some megabytes and takes them again a moment later. Given back in between, and filled with zeros
   * by the system when they return, they cost up to a tenth of the step, in one run of four.
   */
  job: {
    flags: [],
    environment: {
      MALLOC_MMAP_THRESHOLD_: String(1 << 25),
      MALLOC_TRIM_THRESHOLD_: String(1 << 26),
    },
  },
} as const;
