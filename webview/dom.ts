/**
 * A small view layer: views are functions from data to a tree of plain objects, and `render` changes only what differs in
 * the page. Focus, scroll positions, open menus and selections therefore survive an update that comes ten times a second.
 */
export type Child = Tree | string | number | null | undefined | false | readonly Child[];

export interface Tree {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly (Tree | string)[];
}

export interface Attributes {
  /** Siblings with keys are matched by key, the others by position. */
  readonly key?: string;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** Properties that have to be set on the element itself: `value`, `checked`. */
  readonly props?: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/** A tree node. Attributes that are false, null or undefined are left out; true stands for an empty value. */
export function h(tag: string, attributes: Attributes | null, ...children: Child[]): Tree {
  return { tag, attributes: attributes ?? {}, children: flatten(children) };
}

export const svgTags = new Set(['svg', 'path', 'g', 'line', 'rect', 'circle', 'polyline', 'text', 'title']);
const SVG = 'http://www.w3.org/2000/svg';

/** What an element was rendered from: only our own attributes are compared, a component may set others on itself. */
const rendered = new WeakMap<Node, Tree>();
const handlers = new WeakMap<Element, Map<string, (event: Event) => void>>();

/** Makes the children of `parent` be `children`. */
export function render(parent: Element, ...children: Child[]): void {
  patchChildren(parent, flatten(children));
}

function flatten(children: readonly Child[]): (Tree | string)[] {
  const flat: (Tree | string)[] = [];
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (typeof child === 'string') flat.push(child);
    else if (typeof child === 'number') flat.push(String(child));
    else if (isList(child)) flat.push(...flatten(child));
    else flat.push(child);
  }
  return flat;
}

function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child);
}

function patchChildren(parent: Node, wanted: readonly (Tree | string)[]): void {
  const keyed = new Map<string, Node>();
  for (const node of parent.childNodes) {
    const key = rendered.get(node)?.attributes.key;
    if (key !== undefined) keyed.set(key, node);
  }
  let next: Node | null = parent.firstChild;
  for (const child of wanted) {
    const key = typeof child === 'string' ? undefined : child.attributes.key;
    const candidate = key === undefined ? next : (keyed.get(key) ?? null);
    const node = candidate !== null && fits(candidate, child) ? candidate : create(child);
    // Complete before it enters the page: components read their attributes when they are connected.
    update(node, child);
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  while (next !== null) {
    const gone = next;
    next = next.nextSibling;
    parent.removeChild(gone);
  }
}

function fits(node: Node, child: Tree | string): boolean {
  if (typeof child === 'string') return node.nodeType === Node.TEXT_NODE;
  const before = rendered.get(node);
  return before !== undefined && before.tag === child.tag && before.attributes.key === child.attributes.key;
}

function create(child: Tree | string): Node {
  if (typeof child === 'string') return document.createTextNode(child);
  const element = svgTags.has(child.tag)
    ? document.createElementNS(SVG, child.tag)
    : document.createElement(child.tag);
  rendered.set(element, { tag: child.tag, attributes: { key: child.attributes.key }, children: [] } as Tree);
  return element;
}

function update(node: Node, child: Tree | string): void {
  if (typeof child === 'string') {
    if (node.nodeValue !== child) node.nodeValue = child;
    return;
  }
  const element = node as Element;
  const before = rendered.get(element);
  setAttributes(element, before?.attributes ?? {}, child.attributes);
  rendered.set(element, child);
  const html = child.attributes.props?.['innerHTML'];
  if (html === undefined) patchChildren(element, child.children);
  // What it was parsed to reads otherwise than what it was given as: only a change counts.
  else if (html === before?.attributes.props?.['innerHTML']) return;
  setProperties(element, child.attributes.props);
}

function setAttributes(element: Element, before: Attributes, after: Attributes): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (name === 'key' || name === 'on' || name === 'props') continue;
    const value = after[name];
    if (value === before[name]) continue;
    if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else if (name === 'style') (element as HTMLElement).style.cssText = String(value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  setHandlers(element, after.on ?? {});
}

/** One listener per event name for the life of the element; it calls whatever the last render gave. */
function setHandlers(element: Element, on: Readonly<Record<string, (event: Event) => void>>): void {
  const known = handlers.get(element) ?? new Map<string, (event: Event) => void>();
  handlers.set(element, known);
  for (const name of known.keys()) if (!(name in on)) known.set(name, () => undefined);
  for (const [name, handler] of Object.entries(on)) {
    if (!known.has(name)) element.addEventListener(name, (event) => known.get(name)?.(event));
    known.set(name, handler);
  }
}

/** A field that the user is typing in keeps what is typed. */
function setProperties(element: Element, props: Attributes['props']): void {
  if (props === undefined) return;
  for (const [name, value] of Object.entries(props)) {
    if (name === 'value' && document.activeElement === element && element.tagName !== 'SELECT') continue;
    if (Reflect.get(element, name) !== value) Reflect.set(element, name, value);
  }
}
