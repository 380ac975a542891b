/** The script of the page, bundled for browsers: see scripts/page.mjs. */
declare module 'page:map' {
  export const script: string
}
