# shellcheck shell=bash disable=SC2154
# Three legs whose nodes cannot pull the image of the release: one has the wrong password, one finds the image for other platforms only,
# and one does not find it at all. Nothing is published, and each leg says what its node says. The next run, on nodes that can, and of
# which one has the right password, publishes.
chapter 'The image cannot be pulled, and can in the next run'
wrong_password=v1.34.4+k3s1 other_platform=v1.34.3+k3s1 not_there=v1.34.2+k3s1

# Has a node ask elsewhere for the images of the rig's registry.
redirect() { # FOLDER ADDRESS
  cat >"$1/lib/kubernetes/registries/$registry_host/hosts.toml" <<END
server = "http://$2"
override_path = true
[host."http://$2"]
  capabilities = ["pull", "resolve"]
  override_path = true
END
}

cluster_settings() { # VERSION FOLDER
  local host wrong=not-
  host=$(<"$2/host")
  [[ ! -e $rig/control/mended ]] || wrong=
  case $wrong$1 in
    *"$wrong_password")
      "$here/cluster/registry" "$2" "$registry_host" "${guarded_user[0]}" <<<"$wrong${guarded_user[1]}"
      redirect "$2" "$host:${guarded_host##*:}/v2"
      ;;
    not-"$other_platform") redirect "$2" "$host:${registry_host##*:}/v2/other-platforms" ;;
    not-"$not_there") redirect "$2" "$host:${registry_host##*:}/v2/nothing" ;;
  esac
}

"$here/cluster/image" busybox "docker://$registry_host/other-platforms/$story/operator:v1.0.0" linux/arm64 linux/s390x
legs=("$wrong_password" "$other_platform" "$not_there")
new_module "k3s-versions: ${legs[*]}"
flatten_module
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 --env TIMEOUT=60
refused v1.0.0
same 'verdicts' "$(verdicts)" "$(verdicts_of failure "${legs[@]}")"
explains "$wrong_password" '^  operator: waiting: .*401 Unauthorized'
explains "$other_platform" '^  operator: waiting: .*no match for platform in manifest'
explains "$not_there" "^  operator: waiting: .*$registry_host/$story/operator:v1.0.0: not found"
ok 'three legs failed, and each says why'
publishes_when_mended "${legs[@]}"
ok 'the second run published the image that could not be pulled before'
