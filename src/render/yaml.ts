/** YAML as all files here write it: every text quoted, so that none is taken for something else. */
import { stringify } from 'yaml'
import { madeBy } from './file.ts'

export const yamlText = (value: object): string =>
  `# ${madeBy}\n${stringify(value, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0, aliasDuplicateObjects: false })}`
