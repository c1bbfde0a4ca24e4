# shellcheck shell=bash
# What a cluster could leave behind on the host; sourced by the tests of the cluster.

# Prints, sorted: mounts, interfaces, network namespaces, rules of the firewall, settings of the kernel, control groups, processes, and files where the programs
# of a cluster write by default.
host_state() {
  sed 's/^/mount /' /proc/mounts
  ip -oneline link | sed 's/^[0-9]*: /interface /; s/[@:].*//'
  ip -4 -oneline address | awk '{print "address", $4}'
  { ip netns list && lsns --noheadings --type net --output NS; } | sed 's/^/namespace /'
  iptables-save 2>/dev/null | sed '/^#/d; s/\[[0-9:]*\]//; s/^/rule /'
  sysctl --all --pattern '^(vm|kernel\.(panic|keys)|net\.(ipv4\.(ip_forward|conf\.(all|default))|netfilter\.nf_conntrack_max|bridge))' | sed 's/^/setting /'
  find /sys/fs/cgroup -maxdepth 4 -type d | sed 's/^/group /'
  ps -eo args= | sed -nE '/^(\S*\/)?(etcd|kubelet|kube-|containerd|runc|buildkitd|pause|unshare)|tests\/rig\/cluster\/(node|builder)/s/^/process /p'
  find /run/netns /run/containerd /run/kubernetes /run/xtables.lock /var/lib/cni /var/lib/kubelet /var/lib/containerd /var/lib/etcd/* \
    /var/log/pods /var/log/containers /etc/kubernetes /etc/cni /usr/libexec/kubernetes /opt/cni 2>/dev/null | sed 's/^/file /' || true
}

# Fails with the difference if the host is not as it was. The kernel removes a network some moments after its last process.
same_host() { # BEFORE
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    host_state | sort >"$1-now"
    ! cmp -s "$1" "$1-now" || return 0
    sleep 0.2
  done
  diff "$1" "$1-now" || true
  return 1
}
