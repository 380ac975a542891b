/** JSON Schema: of what people write, for editors, and of what other programs read. */
import * as z from 'zod'
import { graphSchema } from '../export/json-schema.ts'
import { meshSchema, regionSchema } from '../load/schema.ts'
import { catalogue } from '../services/catalogue.ts'
import { schemaOf } from '../services/declare.ts'

export function jsonSchema(of: 'mesh' | 'region' | 'graph'): object {
  if (of === 'graph')
    return {
      ...z.toJSONSchema(graphSchema, { target: 'draft-7' }),
      title: 'meshwright export json',
      description: 'Of this version of the program: a later one may write more keys',
    }
  const schema = z.toJSONSchema(of === 'mesh' ? withServices() : regionSchema, {
    io: 'input',
    target: 'draft-7',
    reused: 'ref',
  })
  return { ...schema, title: of === 'mesh' ? 'mesh.yaml of meshwright' : 'regions/*.yaml of meshwright' }
}

/** The loader reads services later, each by its own kind; an editor wants to know them all. */
function withServices() {
  const kinds = catalogue.map(kind => schemaOf(kind).describe(kind.summary))
  const { description = '' } = meshSchema.shape.services
  return meshSchema.extend({ services: z.record(z.string(), z.union(kinds)).default({}).describe(description) })
}
