/** How nodes of Garage are, each as it sees the cluster (Garage 1 and 2, reference of metrics). */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import { bytesText, labelOf, noMetrics, partOf, type Reading, readingOf, sample, worse } from '../reading.ts'
import type { GarageOptions } from './garage.ts'

/** Of a layout; the same in every cluster. */
const partitions = 256

export const nodeHealth = ({ replication }: Pick<GarageOptions, 'replication'>): RoleHealth => ({
  series: [
    'cluster_healthy',
    'cluster_available',
    'cluster_partitions',
    'cluster_partitions_quorum',
    'cluster_partitions_all_ok',
    'cluster_storage_nodes',
    'cluster_storage_nodes_ok',
    'cluster_known_nodes',
    'cluster_connected_nodes',
    'garage_local_disk_avail',
    'garage_local_disk_total',
  ],

  read(samples): Finding {
    const given = readingOf(samples)
    const all = given.value('cluster_partitions')
    const quorum = given.value('cluster_partitions_quorum')
    if (all === null || quorum === null) return noMetrics
    const whole = given.value('cluster_partitions_all_ok')
    const [nodes, connected] = nodesOf(given)
    const details = {
      quorum: partOf(quorum, all),
      ...(whole !== null && { whole: partOf(whole, all) }),
      ...(nodes !== null && connected !== null && { nodes: partOf(connected, nodes) }),
      ...diskDetails(given),
    }
    const well: Finding = { state: 'ok', word: `${partOf(quorum, all)} partitions`, details }
    if (all <= 0) return { ...well, state: 'bad', word: 'no layout' }
    if (quorum <= 0) return { ...well, state: 'bad', word: 'no quorum' }
    if (quorum < all || given.flag('cluster_available') === false) return { ...well, state: 'bad' }
    if (nodes !== null && connected !== null && connected < nodes)
      return { ...well, state: 'warn', word: `${partOf(connected, nodes)} nodes` }
    if ((whole !== null && whole < all) || given.flag('cluster_healthy') === false)
      return { ...well, state: 'warn', word: 'copies are missing' }
    return volumes(given).some(({ free, size }) => free < size * 0.1) ? worse(well, 'warn', 'disk nearly full') : well
  },

  imagine({ behind, seconds, ...own }): readonly Sample[] {
    // A gateway stores nothing itself.
    const { members, reached } = behind ?? own
    // A partition lies on so many nodes, and answers with so many of them.
    const copies = Math.min(replication, members)
    const needed = Math.min(2, copies)
    const quorum = partitionsWith(needed, { copies, members, reached })
    const disk = 180 * 2 ** 30
    return [
      sample('cluster_healthy', reached === members ? 1 : 0),
      sample('cluster_available', quorum === partitions ? 1 : 0),
      sample('cluster_partitions', partitions),
      sample('cluster_partitions_quorum', quorum),
      sample('cluster_partitions_all_ok', partitionsWith(copies, { copies, members, reached })),
      sample('cluster_storage_nodes', members),
      sample('cluster_storage_nodes_ok', reached),
      sample('cluster_known_nodes', members),
      sample('cluster_connected_nodes', reached),
      sample('garage_local_disk_avail', disk * 0.6 - Math.floor(seconds) * 4096, { volume: 'data' }),
      sample('garage_local_disk_total', disk, { volume: 'data' }),
    ]
  },
})

/** Those that store; where that is not told, all that it knows. */
function nodesOf(given: Reading): readonly [number | null, number | null] {
  const storing = given.value('cluster_storage_nodes')
  return storing === null
    ? [given.value('cluster_known_nodes'), given.value('cluster_connected_nodes')]
    : [storing, given.value('cluster_storage_nodes_ok')]
}

const volumes = (given: Reading) =>
  ['data', 'metadata'].flatMap(volume => {
    const on = (name: string) => given.all(name).find(one => labelOf(one, 'volume') === volume)?.value
    const [free, size] = [on('garage_local_disk_avail'), on('garage_local_disk_total')]
    return free === undefined || size === undefined || size <= 0 ? [] : [{ volume, free, size }]
  })

const diskDetails = (given: Reading): Readonly<Record<string, string>> => {
  const data = volumes(given).find(({ volume }) => volume === 'data')
  return data === undefined ? {} : { free: `${bytesText(data.free)} of ${bytesText(data.size)}` }
}

interface Spread {
  readonly copies: number
  readonly members: number
  readonly reached: number
}

/** Partitions of which so many copies are on nodes that are reached, when all nodes carry the same. */
function partitionsWith(needed: number, { copies, members, reached }: Spread): number {
  let ways = 0
  for (let here = needed; here <= copies; here += 1)
    ways += choose(reached, here) * choose(members - reached, copies - here)
  return Math.floor((partitions * ways) / choose(members, copies))
}

/** How many ways there are to take k of n. */
function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0
  let ways = 1
  for (let i = 0; i < k; i += 1) ways = (ways * (n - i)) / (i + 1)
  return Math.round(ways)
}
