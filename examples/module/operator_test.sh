#!/bin/sh
# Rounds of the operator, with a kubectl that knows three Examples and one ConfigMap, and writes down what it is told.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/kubectl" <<'K'
#!/bin/sh
case "$1 $2" in
  'get examples'*) [ -z "${UNREACHABLE:-}" ] && printf 'kyma-system default 1 \nother second 2 there\nother third 3 missing\n' ;;
  'get configmap') [ "$3" != there ] || echo configmap/there ;;
  *) echo "$*" >> "$TOLD" ;;
esac
K
chmod +x "$folder/kubectl"
export TOLD="$folder/told" STATE="$folder" ONCE=1 VERSION=1.2.3 PATH="$folder:$PATH"
fail() {
  echo "$*" >&2
  exit 1
}
told() { grep -c "$1" "$TOLD" || true; }

UNREACHABLE=yes sh operator.sh 2> "$folder/log" || fail 'an error of the API server ended the operator'
[ ! -e "$folder/ready" ] || fail 'it is ready without having reconciled anything'
sh operator.sh
[ -e "$folder/ready" ] || fail 'it is not ready'
[ "$(told '"state":"Ready"')" -eq 2 ] || fail 'two Examples did not become Ready'
[ "$(told ' third .*"state":"Error".*no ConfigMap missing.*"observedGeneration":3,"version":"1.2.3"')" -eq 1 ] || fail 'the third is not in Error'
echo "operator: ok"
