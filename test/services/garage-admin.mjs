// The part of Garage's administration API that the first-start steps use, with its rules: a layout changes by staging and
// applying the next version, keys and buckets are asked for before they are made. Says what it was asked on stdout.
// Arguments: ADDRESS VERSION TOKEN STATE-FILE NODE-ID... (nodes that are up)
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [address, version, token, stateFile, ...up] = process.argv.slice(2)
const old = version.startsWith('1.')
let state
try {
  state = JSON.parse(readFileSync(stateFile, 'utf8'))
} catch {
  state = { version: 0, roles: [], staged: [], keys: {}, buckets: {} }
}
const layout = () => ({ version: state.version, roles: state.roles, stagedRoleChanges: state.staged })
const changesOf = body => (old ? body : body.roles)

const routes = {
  status: () => ({ node: up[0], layoutVersion: state.version, nodes: up.map(id => ({ id, isUp: true })) }),
  layout,
  update: body => {
    const changes = changesOf(body)
    if (!Array.isArray(changes)) return null
    for (const { id, remove, zone, capacity, tags } of changes) {
      if (!/^[0-9a-f]{64}$/.test(id)) return null
      if (remove !== true && (typeof zone !== 'string' || !Array.isArray(tags))) return null
      if (capacity !== undefined && capacity !== null && !(Number.isInteger(capacity) && capacity >= 1024)) return null
    }
    const ids = changes.map(({ id }) => id)
    state.staged = [...state.staged.filter(({ id }) => !ids.includes(id)), ...changes]
    return layout()
  },
  apply: body => {
    if (body.version !== state.version + 1) return null
    const ids = state.staged.map(({ id }) => id)
    const added = state.staged.filter(({ remove }) => remove !== true)
    state.roles = [...state.roles.filter(({ id }) => !ids.includes(id)), ...added]
    state.staged = []
    state.version += 1
    return { message: [], layout: layout() }
  },
  key: (_, query) => {
    const found = state.keys[query.get('id')]
    return found === undefined ? undefined : { accessKeyId: query.get('id'), name: found.name }
  },
  importKey: ({ accessKeyId, secretAccessKey, name }) => {
    if (!/^GK[0-9a-f]{24}$/.test(accessKeyId) || !/^[0-9a-f]{64}$/.test(secretAccessKey)) return null
    if (accessKeyId in state.keys) return null
    state.keys[accessKeyId] = { name, secretAccessKey }
    return {}
  },
  bucket: (_, query) => state.buckets[query.get('globalAlias')],
  createBucket: ({ globalAlias }) => {
    if (globalAlias in state.buckets) return null
    return (state.buckets[globalAlias] = { id: `b-${globalAlias}`, keys: {} })
  },
  allow: ({ bucketId, accessKeyId, permissions }) => {
    const found = Object.values(state.buckets).find(({ id }) => id === bucketId)
    if (found === undefined || !(accessKeyId in state.keys)) return null
    return (found.keys[accessKeyId] = permissions)
  },
}

const names = old
  ? {
      'GET /v1/status': 'status',
      'GET /v1/layout': 'layout',
      'POST /v1/layout': 'update',
      'POST /v1/layout/apply': 'apply',
      'GET /v1/key': 'key',
      'POST /v1/key/import': 'importKey',
      'GET /v1/bucket': 'bucket',
      'POST /v1/bucket': 'createBucket',
      'POST /v1/bucket/allow': 'allow',
    }
  : {
      'GET /v2/GetClusterStatus': 'status',
      'GET /v2/GetClusterLayout': 'layout',
      'POST /v2/UpdateClusterLayout': 'update',
      'POST /v2/ApplyClusterLayout': 'apply',
      'GET /v2/GetKeyInfo': 'key',
      'POST /v2/ImportKey': 'importKey',
      'GET /v2/GetBucketInfo': 'bucket',
      'POST /v2/CreateBucket': 'createBucket',
      'POST /v2/AllowBucketKey': 'allow',
    }

createServer((request, response) => {
  let text = ''
  request.on('data', part => (text += part))
  request.on('end', () => {
    const url = new URL(request.url, 'http://garage')
    const name = names[`${request.method} ${url.pathname}`]
    const answer = (status, body) => {
      console.log(`${name ?? url.pathname} ${status}`)
      response.writeHead(status).end(JSON.stringify(body ?? {}))
      writeFileSync(stateFile, JSON.stringify(state))
    }
    if (request.headers.authorization !== `Bearer ${token}`) return answer(403)
    if (name === undefined) return answer(404)
    const body = routes[name](text === '' ? null : JSON.parse(text), url.searchParams)
    return body === null ? answer(400) : body === undefined ? answer(404) : answer(200, body)
  })
}).listen(3903, address)
