/** A page for a webview. Scripts run only with the nonce; nothing is loaded from outside. */
export interface PageParts {
  /** `webview.cspSource`. */
  readonly source: string;
  readonly nonce: string;
  readonly title: string;
  readonly styles: readonly string[];
  readonly script: string;
  /** Marks the body for the style sheet. */
  readonly kind: string;
}

/**
 * The HTML of a webview page. Styles may be inline only because the component toolkit adopts them that way; scripts may
 * not.
 */
export function page({ source, nonce, title, styles, script, kind }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `img-src ${source} data:`,
    `font-src ${source}`,
    `style-src ${source} 'unsafe-inline'`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${styles.map((href) => `<link rel="stylesheet" href="${escapeHtml(href)}">`).join('\n')}
</head>
<body data-page="${escapeHtml(kind)}">
<main id="root"></main>
<script nonce="${nonce}" src="${escapeHtml(script)}"></script>
</body>
</html>`;
}

/** 128 random bits as hexadecimal text. */
export function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
