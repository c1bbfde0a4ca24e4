# shellcheck shell=bash disable=SC2016,SC2154 # a command of the module
# A release without a module: a command makes its files at the release's commit, and a job of their own uploads them. Then one without
# any file of its own or image, which ends well, too.
chapter 'Assets without a module'
new_module "${no_cluster[@]}" 'module: false' 'assets-command: "make chart && echo $IMAGE $VERSION $TAG $COMMIT > build/made"' \
  'files: "build/chart.tgz=example-chart.tgz\nbuild/made"'
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'assets' "$(assets_of v1.0.0)" 'example-chart.tgz made release-evidence.json'
same 'what the command was given' "$(repository_state '.releases[].assets[] | select(.name == "made") | .content')" \
  "$(printf '%s 1.0.0 v1.0.0 %s\n' "$registry_host/$story/operator:v1.0.0" "$commit" | sha256sum | cut -d' ' -f1)"
ok 'the files were made with the names of the release, uploaded, and published with the image'

chapter 'Neither module nor files nor images'
new_module "${no_cluster[@]}" 'module: false' 'binary-image: none'
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'assets' "$(assets_of v1.0.0)" release-evidence.json
ok 'published, with its evidence only'

chapter 'A command that fails'
new_module "${no_cluster[@]}" 'module: false' 'assets-command: test ! -e /rig/control/fails && make chart' 'files: build/chart.tgz=example-chart.tgz' \
  'await-timeout: 60s'
flatten_module
touch "$rig/control/fails"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
refused v1.0.0
rm "$rig/control/fails"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'assets' "$(assets_of v1.0.0)" 'example-chart.tgz release-evidence.json'
ok 'the second run made and published them'
