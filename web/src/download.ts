/** Saves what an address of the API answers as a file, under the name that the answer gives it. */
export function download(href: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = '';
  link.click();
}
