/** Templates of files that sh(1) sources: rc.conf(5) fragments, and the scripts around them. */
import type { Address, Prefix } from '../../../topology/prefix.ts'
import type { JailName } from '../../../topology/names.ts'
import { template } from '../template.ts'

/** An address written with its prefix length: `10.64.0.1/32`. */
interface WithLength {
  readonly address: Address
  readonly length: number
}
/** A word rc(8) and ifconfig(8) know; made by this file only. */
export type Word = string & { readonly word?: never }
type Value = Address | Prefix | WithLength | number | Word | JailName

/** Values inside double quotes of a sh assignment: none holds a quote, a dollar or a backslash. */
export const rc = template<Value>(value => {
  const text =
    typeof value === 'object'
      ? 'address' in value
        ? `${value.address.text}/${value.length}`
        : value.text
      : String(value)
  if (/["$`\\]/.test(text)) throw new Error(`${JSON.stringify(text)} needs quoting: this is a bug in meshwright`)
  return text
})
