/** Bytes that WireGuard over IPv6 adds to a packet: IPv6 40, UDP 8, WireGuard 32; the same 80 that wg-quick(8) takes off. */
export const tunnelOverhead = 80

/** MTU in bytes of wg0 over an underlay of `underlayMtu`. All ends of a mesh use one: that of the smallest underlay. */
export const tunnelMtu = (underlayMtu: number): number => underlayMtu - tunnelOverhead
