# shellcheck shell=bash disable=SC2154
# The example module and the scripts of the E2E tests on a cluster of their own, in all the ways in which a module may fail.
chapter 'The example module, on a cluster'
BTP_RELEASE=$binary "$here/cluster/test-example"
