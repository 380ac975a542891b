/** Who a node of Garage is: an Ed25519 key, known before the node has started. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { SecretText } from '../../keys/secret-text.ts'
import type { Deployed, Instance } from '../kind.ts'

interface Node {
  /** 64 hex digits: its public key. */
  readonly id: string
  /** base64 of the 64 bytes of `node_key`: seed and public key, as libsodium keeps them (garage, src/rpc/system.rs). */
  readonly key: SecretText
  /** base64 of the 32 bytes of `node_key.pub`. */
  readonly publicKey: string
}

/** PKCS#8 of an Ed25519 seed without the seed itself (RFC 8410, section 7). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

const known = new WeakMap<Deployed, Map<string, Node>>()

/** Every node knows all others: their keys are worked out once. */
export function nodeOf(instance: Instance, service: Deployed): Node {
  const nodes = known.get(service) ?? new Map<string, Node>()
  known.set(service, nodes)
  const name = `${instance.role}-${instance.host.name}`
  const node = nodes.get(name) ?? makeNode(name, service)
  nodes.set(name, node)
  return node
}

function makeNode(name: string, service: Deployed): Node {
  const seed = Buffer.from(service.secrets.lasting.bytes(`node-${name}`, 32))
  const secretKey = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(secretKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    id: raw.toString('hex'),
    key: new SecretText(Buffer.concat([seed, raw]).toString('base64'), 'node key'),
    publicKey: raw.toString('base64'),
  }
}
