/** Which meshwright this is: esbuild puts the version of package.json in. */
declare const MESHWRIGHT_VERSION: string

export const version = typeof MESHWRIGHT_VERSION === 'string' ? MESHWRIGHT_VERSION : 'development'
