/** Text that others wrote, as it may reach a terminal: without control characters, and without what turns or hides text. */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, c => (c === '\t' ? ' ' : '�'))
