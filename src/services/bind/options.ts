/** What people say of zones: names and values in the words of zone files (RFC 1035 §5), nothing that would need quoting. */
import * as z from 'zod'
import { isDomainName } from '../../../topology/names.ts'
import { parseAddress } from '../../../topology/prefix.ts'
import { type Complaint, text } from '../../load/fields.ts'

const recordTypes = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'NS', 'CAA'] as const
export type RecordType = (typeof recordTypes)[number]

const label = '(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)'
const dotted = new RegExp(`^${label}(?:\\.${label})*\\.?$`)
const owner = new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*\\.?$`)

/** Seconds; a week at most, so that no mistake outlives it elsewhere. */
const seconds = z.int().min(1).max(604_800)

const zoneName = text(
  value => isDomainName(value) && value === value.toLowerCase() && value.length <= 200,
  'the name of a zone',
  'As in example.net: small letters, no dot at the end.',
)

const ownerName = text(
  value => value.length <= 254 && (value === '@' || value === '*' || owner.test(value)),
  'the name of a record',
  'As in www, @ for the zone itself, *.apps, or www.example.net. with a dot at the end.',
)

/** What a value must look like, by type: each part is checked, so that a line of the file is what it seems to be. */
const looks: Readonly<Record<RecordType, { readonly valid: (value: string) => boolean; readonly hint: string }>> = {
  A: { valid: value => parseAddress(value)?.family === 'inet', hint: 'An IPv4 address: 192.0.2.1.' },
  AAAA: { valid: value => parseAddress(value)?.family === 'inet6', hint: 'An IPv6 address: "2001:db8::1".' },
  CNAME: { valid: isTarget, hint: 'A name: www, or www.example.org. with a dot at the end.' },
  NS: { valid: isTarget, hint: 'A name: ns1, or ns1.example.org. with a dot at the end.' },
  MX: {
    valid: value => numbersAndTarget(value, 1),
    hint: 'A preference and a name: 10 mail, or 10 mail.example.org. with a dot at the end.',
  },
  SRV: {
    valid: value => numbersAndTarget(value, 3),
    hint: 'Priority, weight, port and a name: 0 5 5060 sip.example.org.',
  },
  TXT: {
    valid: value => /^[ -~]{1,2000}$/.test(value),
    hint: 'At most 2000 characters of ASCII; no quotes around it.',
  },
  CAA: {
    valid: value => /^(?:0|128) [a-z0-9]{1,15} (?:"[!#-[\]-~ ]{0,200}"|[!#-[\]-~]{1,200})$/.test(value),
    hint: 'Flags, tag and value: 0 issue letsencrypt.org.',
  },
}

function isTarget(value: string): boolean {
  return value === '@' || (value.length <= 254 && dotted.test(value))
}

/** `10 mail`; a dot alone says that there is no such service (RFC 7505, RFC 2782). */
function numbersAndTarget(value: string, numbers: number): boolean {
  const words = value.split(' ')
  const target = words.at(-1) ?? ''
  return (
    words.length === numbers + 1 &&
    words.slice(0, -1).every(word => /^(?:0|[1-9][0-9]{0,4})$/.test(word) && Number(word) <= 65_535) &&
    (target === '.' || isTarget(target))
  )
}

const record = z
  .strictObject({
    name: ownerName.describe('Within the zone: www, @ for the zone itself'),
    type: z.enum(recordTypes),
    value: z.string().describe('As in a zone file: 10 mail.example.net.'),
    ttl: seconds.optional().describe('Seconds others may keep it; default: ttl of the service'),
  })
  .superRefine(({ type, value }, context) => {
    const { valid, hint } = looks[type]
    if (valid(value)) return
    const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}…` : value)
    const complaint: Complaint = { code: 'bad-value', message: `${shown} is no value of ${type}`, hint }
    context.addIssue({ code: 'custom', path: ['value'], message: complaint.message, params: complaint })
  })
export type RecordSpec = z.output<typeof record>

export const options = {
  zones: z
    .record(zoneName, z.array(record))
    .default({})
    .describe('More zones and their records; under the domain of the mesh, records beside those of hosts and jails'),
  public: z.boolean().default(false).describe('The world may ask for the zones given here; not for those of the mesh'),
  ttl: seconds.default(3600).describe('Seconds others may keep what has no ttl of its own'),
  contact: text(
    value => /^[a-z0-9][a-z0-9._+-]{0,63}@/i.test(value) && isDomainName(value.slice(value.indexOf('@') + 1)),
    'a mail address',
    'As in hostmaster@example.net.',
  )
    .optional()
    .describe('Who answers for the zones; default: hostmaster at the domain of the mesh'),
}
export type BindOptions = z.output<z.ZodObject<typeof options>>
