/** Series of one instance, for the cases of alerts. */
import type { Series } from '../../alert.ts'

const at = 'host="h",instance="i",region="r",service="s"'
/** The labels of its alert. */
export const where = { host: 'h', instance: 'i', region: 'r', service: 's' }
/** Of the same service at another host. */
export const another = (name: string, values: string, more = ''): Series => ({
  [`${name}{${more}host="k",instance="k",region="t",service="s"}`]: values,
})
/** What is left of them where a service is asked as a whole. */
export const of = { service: 's' }
export const ofInstance = 'min by (host, instance, region, service) '
export const one = (name: string, values: string, more = ''): Series => ({ [`${name}{${more}${at}}`]: values })
