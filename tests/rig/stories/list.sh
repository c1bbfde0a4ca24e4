# shellcheck shell=bash disable=SC2154
# A module whose manifest is one `kind: List`: the definition of a custom resource and a resource of that kind, which the cluster refuses
# until the definition is established; a Job; and a Deployment with an init container and a sidecar, of the release's image and another one.
chapter 'A manifest with kind: List, and all kinds of containers'
leg=v1.34.4+k3s1
helper=$registry_host/base/busybox:1@sha256:$(inspect "$registry_host/base/busybox:1" | sha256sum | cut -d' ' -f1)

change_files() {
  cat >containers.yaml <<END
      initContainers:
        - name: prepare
          image: example-operator
          command: [kubectl, version, --client]
        - name: sidecar
          image: $helper
          restartPolicy: Always
          command: [sh, -c, "trap exit TERM; sleep 1000 & wait"]
          securityContext: {runAsUser: 65532}
END
  awk '/^      containers:/ { while ((getline line <"containers.yaml") > 0) print line } { print }' config/deployment.yaml >deployment.yaml
  mv deployment.yaml config
  cat >config/more.yaml <<END
---
apiVersion: operator.kyma-project.io/v1alpha1
kind: Example
metadata:
  name: listed
  namespace: kyma-system
spec: {}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: migration
  namespace: kyma-system
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: example-operator
          command: [kubectl, version, --client]
END
  # Makes items of documents.
  cat >list.awk <<'END'
BEGIN { print "apiVersion: v1\nkind: List\nitems:"; first = 1 }
/^---/ { first = 1; next }
{ print (first ? "- " : "  ") $0; first = 0 }
END
  sed -i 's|config/deployment.yaml > build|config/deployment.yaml config/more.yaml \| awk -f list.awk > build|' Makefile
  make --silent render
  same 'documents of the manifest' "$(grep -c '^kind: List$' build/manifest.yaml) $(grep -c '^---' build/manifest.yaml || true) $(grep -c '^- ' build/manifest.yaml)" '1 0 8'
}

new_module
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'verdicts' "$(verdicts)" "btp-release/e2e/k3s-$leg success"
awaited=$registry_host/$story/operator@sha256:$(inspect "$registry_host/$story/operator:v1.0.0" | sha256sum | cut -d' ' -f1)
# The images that the containers of some pods run.
running() { # SELECTOR
  in_cluster "$leg" get pods --namespace kyma-system --selector "$1" --output json \
    | jq -r '[.items[].status | (.initContainerStatuses[]?, .containerStatuses[]) | "\(.name) \(.imageID)"] | join(", ")'
}
same 'what the operator runs' "$(running app.kubernetes.io/name=example-operator)" \
  "prepare $awaited, sidecar ${helper/:1@/@}, operator $awaited"
same 'what the job ran' "$(running job-name=migration)" "main $awaited"
same 'custom resource of the list' "$(in_cluster "$leg" get examples.operator.kyma-project.io listed --namespace kyma-system --output 'jsonpath={.status.state} {.status.version}')" \
  'Ready 1.0.0'
ok 'every object of the list was applied, its workloads awaited, and the images of all containers compared'
