# shellcheck shell=bash disable=SC2016,SC2154
# The whole example of docs/migrate/btp-manager.md is released: two halves, an image builder of the caller's that is called twice, tests of its own
# between the halves, assets without a module, the token of a GitHub App, an environment, the tag at the end, and the logs. Then a patch
# is refused because of a feature, and the stress test of the next version fails: nothing is published, and there is no tag.
chapter 'The example for btp-manager, and a stress test that fails'
example=$PWD/examples/migrate/btp-manager/create-release.yaml
app_key=$PWD/tests/support/app/private-key.pem app_public_key=$PWD/tests/support/app/public-key.pem
tests=(unit e2e stress performance upgrade ca-bundle-probe)

change_files() {
  # Nothing is changed but addresses that the rig does not reach: the registry, in two lines, and the image builder, in two.
  # `queue` is newer than the local runner's schema.
  sed -e 's/, queue: max//' -e "s|europe-docker.pkg.dev/kyma-project/prod|$registry_host/$story|" \
    -e 's|kyma-project/test-infra/.github/workflows/image-builder.yml@main|./.github/workflows/image-builder.yml|' \
    "$example" >.github/workflows/create-release.yaml
  same 'lines of the example that are changed' "$(diff "$example" .github/workflows/create-release.yaml | grep -c '^>')" 5
  image_builder >.github/workflows/image-builder.yml
  mkdir -p tests/probe examples
  printf 'changelog:\n  categories:\n    - { title: Features, labels: [kind/feature] }\n    - { title: Fixes, labels: [kind/bug] }\n' >.github/release.yml
  { grep '^FROM ' Dockerfile && echo 'COPY config /config'; } >tests/probe/Dockerfile
  cp config/default-cr.yaml examples/btp-operator.yaml
  # The example's own test becomes a part of one that brings its cluster itself, as btp-manager's tests do.
  sed -i 's/^e2e-test:/check:/' Makefile
  targets >>Makefile
}

# What the example calls. The stress test is one: more custom resources than one, and all of them are taken care of.
targets() {
  cat <<'END'

INSTALL = K3S_VERSION=$(1) /rig/bin/get-cluster && $(MAKE) render && kubectl apply --server-side -f build/manifest.yaml \
  && kubectl rollout status --timeout=180s --namespace kyma-system deployment/example-operator

create-manifest:
	$(MAKE) render IMAGE=$(IMG)
	mkdir -p manifests/btp-operator
	cp build/manifest.yaml manifests/btp-operator/btp-manager.yaml

unit-test: test

performance-test upgrade-test ca-bundle-probe-test:
	test -n "$(IMAGE)" && test -n "$$CREDENTIALS"

e2e-test:
	$(call INSTALL,v1.34.4+k3s1)
	$(MAKE) check

stress-test:
	$(call INSTALL,v1.34.3+k3s1)
	for n in 1 2 3 4 5; do sed "s/name: default/name: stress-$$n/" config/default-cr.yaml; echo ---; done | kubectl apply -f -
	kubectl wait --timeout=180s --namespace kyma-system --all examples.operator.kyma-project.io --for=jsonpath='{.status.state}'=Ready
	test ! -e /rig/control/stress-fails
END
}

# The App is installed on the repository with what the phases ask for, and the run has jobs whose logs can be had.
install_app() {
  stand_in GET world | jq --rawfile key "$app_public_key" --arg repository "$module" '
    .apps = {"4711": {slug: "gopher", client_id: "Iv1.gopher", public_key: $key, installations: [{id: 1, repositories: [$repository],
      permissions: {contents: "write", actions: "read", checks: "read", statuses: "read"}, suspended: false}], tokens: 0}}' >"$scratch/world.json"
  stand_in PUT world --data-binary "@$scratch/world.json"
}
seed_run() { # RUN
  change_world ".runs[\"$1\"] = {id: $1, name: \"Create release\", path: \".github/workflows/create-release.yaml\", head_branch: \"main\",
    head_sha: \"$commit\", event: \"workflow_dispatch\", status: \"in_progress\", conclusion: null, run_attempt: 1, run_number: $1, created_at: 1736154000,
    jobs: [{id: ($1 * 10 + 1), name: \"tests (stress)\", status: \"completed\", conclusion: \"success\", log: \"five custom resources are Ready\n\"},
      {id: ($1 * 10 + 2), name: \"finish / Publish\", status: \"in_progress\", conclusion: null}]}"
}
release() { # VERSION
  seed_run $((1001 + runs))
  run_workflow create-release.yaml workflow_dispatch --input version="$1" --secret GOPHER_APP_ID=4711 \
    --secret GOPHER_APP_PRIVATE_KEY="$(<"$app_key")" --secret SM_CREDENTIALS=dummy
}
app_tokens() { stand_in GET world | jq '.apps["4711"].tokens'; }
asset() { # TAG NAME
  local id
  id=$(repository_state ".releases[] | select(.tag_name == \"$1\") | .assets[] | select(.name == \"$2\") | .id")
  curl --silent --show-error --fail --location --header "Authorization: Bearer $job_token" --header 'Accept: application/octet-stream' \
    "$github_api/repos/$module/releases/assets/$id"
}
digest_in_registry() { inspect "$registry_host/$story/$1" | sha256sum | cut -d' ' -f1; }

new_module
install_app
label_categories
release 1.0.0
same 'exit code of the run' "$run_code" 0
same 'published releases' "$(published)" 1.0.0
same 'drafts' "$(drafts)" ''
same 'the tag' "$(tag_of 1.0.0)" "$commit"
same 'assets' "$(assets_of 1.0.0)" 'btp-manager.yaml btp-operator.yaml release-evidence.json release-logs.zip'
ok 'published, with its tag, two assets, the evidence and the logs'

operator=$registry_host/$story/btp-manager
built=sha256:$(digest_in_registry btp-manager:1.0.0) probe=sha256:$(digest_in_registry ca-bundle-probe:1.0.0)
asset 1.0.0 release-evidence.json >"$scratch/evidence.json"
for digest in "$built" "$probe"; do grep -q "$digest" "$scratch/evidence.json" || fail "the evidence does not name $digest"; done
asset 1.0.0 btp-manager.yaml >"$scratch/btp-manager.yaml"
grep -q "image: $operator:1.0.0\$" "$scratch/btp-manager.yaml" || fail_with_log "$scratch/btp-manager.yaml" 'the manifest has another image'
same 'image that runs in the stress test' \
  "$(in_cluster v1.34.3+k3s1 get pods --namespace kyma-system --output 'jsonpath={.items[*].spec.containers[*].image}')" "$operator:1.0.0@$built"
same 'custom resources of the stress test' "$(in_cluster v1.34.3+k3s1 get examples.operator.kyma-project.io --namespace kyma-system \
  --output 'jsonpath={.items[*].status.state}')" 'Ready Ready Ready Ready Ready'
ok "what the image builder pushed is in the evidence, and was tested by its digest (${#tests[@]} tests)"
((${tokens:=$(app_tokens)} > 0)) || fail 'the App made no token'
# What the runner shows; its own record has the commands, too, by which it is told what to mask.
jq -rR '(fromjson? // {msg: .}) | .msg' "$(latest_log)" >"$scratch/shown.log"
! grep -E 'ghs_[A-Za-z0-9]|BEGIN (RSA )?PRIVATE KEY' "$scratch/shown.log" || fail 'a secret of the App is in the log'
asset 1.0.0 release-logs.zip >"$scratch/logs.zip"
python3 - "$scratch/logs.zip" <<'END' | grep 'five custom resources are Ready' >/dev/null || fail 'the logs do not have what a job said'
import sys, zipfile
logs = zipfile.ZipFile(sys.argv[1])
print(*(logs.read(name).decode() for name in logs.namelist()), sep="\n")
END
ok "the App made $tokens token(s), and neither they nor its key are in the log; the logs have what the jobs said"

new_commit
merged_pull 1 kind/feature
stand_in DELETE log
release 1.0.1
[[ $run_code -ne 0 ]] || fail 'a patch with a feature was released'
same 'what it was refused for' "$(refused_for)" feature-in-patch
same 'writes' "$(writes)" ''
ok 'a pull request brought a feature: no patch is released'

touch "$rig/control/stress-fails"
stand_in DELETE log
release 1.1.0
[[ $run_code -ne 0 ]] || fail 'the run ended well'
same 'published releases' "$(published)" 1.0.0
same 'drafts' "$(drafts)" 1.1.0
same 'the tag' "$(tag_of 1.1.0)" none
same 'whether publish ran' "$(publish_ran)" true
ok 'the stress test failed: publish refused, the draft is left, and there is no tag'

rm "$rig/control/stress-fails"
release 1.1.0
same 'exit code of the last run' "$run_code" 0
same 'published releases' "$(published)" '1.0.0 1.1.0'
same 'the tag' "$(tag_of 1.1.0)" "$commit"
ok 'the last run took up the draft, and published'
