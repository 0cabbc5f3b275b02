#!/usr/bin/env bash
# The Debian packages: their files and fields, and the unpacked command runs a scenario of its own package.
source "$(dirname "$0")/kit.sh"
for tool in dpkg-deb dpkg-shlibdeps cpack gzip; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done
[[ -z $FLAGS ]] || skip "sanitized programs are not packaged"
out=$WORK/deb
rm -rf "$out"
mkdir -p "$out"
cpack --config "$BUILD/CPackConfig.cmake" -G DEB -B "$out" >"$WORK/deb.log" 2>&1 || stop "cpack failed: $(tail -15 "$WORK/deb.log")"
rm -rf "$out/_CPack_Packages"
package=$(echo "$out"/flowtank_*.deb)
development=$(echo "$out"/libflowtank-dev_*.deb)
there "$package"
there "$development"
field() { dpkg-deb -f "$1" "$2"; }
[[ $(field "$package" Package) == flowtank && $(field "$package" Version) == "$VERSION-1" ]] || stop "wrong name or version"
for library in libc6 libstdc++6 libfmt9 libre2-9; do has "$(field "$package" Depends)" "$library"; done
for name in Maintainer Section Description Architecture; do [[ -n $(field "$package" $name) ]] || stop "no $name"; done
has "$(field "$development" Depends)" "flowtank (= $VERSION-1)"
contents=$(dpkg-deb -c "$package")
for file in ./usr/bin/flowtank ./usr/share/man/man1/flowtank.1.gz ./usr/share/doc/flowtank/copyright \
  ./usr/share/doc/flowtank/changelog.Debian.gz ./usr/share/flowtank/models/services/order.json \
  ./usr/share/bash-completion/completions/flowtank; do
  has "$contents" " $file"
done
has "$(dpkg-deb -c "$development")" "/usr/include/flowtank/sim/world/world.hpp"
! grep -q '/usr/include\|\.a$' <<<"$contents" || stop "the command's package has parts of the development package"
rm -rf "$out/root"
dpkg-deb -x "$package" "$out/root"
"$out/root/usr/bin/flowtank" check "$out/root/usr/share/flowtank/scenarios/store-all-patterns.json" --no-save >/dev/null ||
  stop "the packaged command does not check its own scenario"
