/**
 * A URL as it may appear in a log line: without user, password and token.
 * @param url any text
 * @returns the text with the credentials replaced by `***`; text that is no URL with credentials comes back as it is
 */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1***@');
}
