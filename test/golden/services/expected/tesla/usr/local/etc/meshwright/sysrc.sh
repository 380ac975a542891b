#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
# Run once after copying; running it again changes nothing.
/usr/sbin/sysrc gateway_enable=YES
/usr/sbin/sysrc ipv6_gateway_enable=YES
/usr/sbin/sysrc pf_enable=YES
/usr/sbin/sysrc jail_enable=YES
