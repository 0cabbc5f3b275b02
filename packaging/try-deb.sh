#!/usr/bin/env bash
# try-deb.sh PACKAGE.deb [SUITE]: installs the package with nothing but its own dependencies into a fresh, minimal
# Debian, runs it there as nobody, and removes it again. Needs root, mmdebstrap and a Debian mirror; leaves nothing.
set -euo pipefail
package=$(readlink -f -- "${1:?which package?}")
suite=${2:-bookworm}
command -v mmdebstrap >/dev/null || { echo "try-deb: mmdebstrap is not installed" >&2; exit 2; }
root=$(mktemp -d)
trap 'rm -rf -- "$root"' EXIT
sources=/etc/apt/sources.list
[[ -s $sources ]] || sources=/etc/apt/sources.list.d/debian.sources
echo "==> a minimal $suite"
mmdebstrap --quiet --variant=apt "$suite" "$root/debian" - <"$sources"
cp -- "$package" "$root/debian/tmp/flowtank.deb"
inside() {
  chroot "$root/debian" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@"
}
echo "==> installing"
inside apt-get update -qq
log=$(inside apt-get install -y --no-install-recommends /tmp/flowtank.deb 2>&1) || { printf '%s\n' "$log" >&2; exit 1; }
as_nobody() { inside setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
echo "==> running"
as_nobody flowtank version --json
as_nobody flowtank check /usr/share/flowtank/scenarios/store-all-patterns.json --no-save
as_nobody flowtank check /usr/share/flowtank/scenarios/store-payment-without-inbox-duplicate.json --no-save >/dev/null
cp -- "$root/debian/usr/share/flowtank/scenarios/store-all-patterns.json" "$root/debian/tmp/shop.json"
as_nobody flowtank run /tmp/shop.json --no-save >/dev/null  # models come from the package
for schema in models/schema/model.schema.json scenarios/schema/scenario.schema.json reports/schema/report.schema.json; do
  [[ -s $root/debian/usr/share/flowtank/$schema ]] || { echo "try-deb: no $schema" >&2; exit 1; }
done
echo "==> removing"
inside apt-get purge -y -qq flowtank >/dev/null
[[ ! -e $root/debian/usr/share/flowtank ]] || { echo "try-deb: files stay after removal" >&2; exit 1; }
echo "installs, runs and leaves nothing"
