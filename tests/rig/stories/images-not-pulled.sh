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
new_module "k3s-versions: $wrong_password $other_platform $not_there"
flatten_module
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 --env TIMEOUT=60
refused v1.0.0
legs() { printf 'btp-release/e2e/k3s-%s %s, ' "$not_there" "$1" "$other_platform" "$1" "$wrong_password" "$1" | sed 's/, $//'; }
same 'verdicts' "$(verdicts)" "$(legs failure)"
says() { # LEG TEXT
  local summary=$rig/control/artifacts/e2e-k3s-$1/summary.md
  grep -q "^  operator: waiting: .*$2" "$summary" || fail_with_log "$summary" "the diagnostics of $1 do not say '$2'"
}
says "$wrong_password" '401 Unauthorized'
says "$other_platform" 'no match for platform in manifest'
says "$not_there" "$registry_host/$story/operator:v1.0.0: not found"
ok 'three legs failed, and each says why'
before=$(digests "$story")

touch "$rig/control/mended"
rm -r "$rig/control/artifacts"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'verdicts' "$(verdicts)" "$(legs success)"
same 'published releases' "$(published)" v1.0.0
same 'images after the second run' "$(digests "$story")" "$before"
[[ ! -e $rig/control/artifacts ]] || fail 'a leg that passed is explained'
ok 'the second run published the image that could not be pulled before'
