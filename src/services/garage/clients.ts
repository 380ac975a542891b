/** What a service that stores in Garage gets: a bucket of its own, and a key to it that is known before the cluster is. */
import type { Offers } from '../capability.ts'
import type { Deployed } from '../kind.ts'

/** `GK` and 24 hex digits, and 64 hex digits: the form that an import asks for (garage, src/model/key_table.rs). */
export const accessOf = (
  client: string,
  { secrets }: Deployed,
): Pick<Offers['s3'], 'bucket' | 'keyId' | 'secretKey'> => ({
  bucket: client,
  keyId: `GK${secrets.hex(`key-id-${client}`, 12).reveal()}`,
  secretKey: secrets.hex(`key-${client}`, 32),
})
