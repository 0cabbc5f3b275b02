#!/usr/bin/env bash
# The installed command works from anywhere: models by its own place, by FLOWTANK_MODELS and by --models.
source "$(dirname "$0")/kit.sh"
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
cd "$elsewhere"
cp "$prefix/share/flowtank/scenarios/store-all-patterns.json" shop.json
has "$("$flowtank" --version)" "flowtank $VERSION"
has "$("$flowtank" version --json)" "\"version\": \"$VERSION\""
has "$("$flowtank" check shop.json --no-save)" "every order is paid"
has "$("$flowtank" run "$prefix/share/flowtank/scenarios/store-all-patterns.json" --no-save)" "every order is paid"

# The same program where no models are: it must say so, and take them from where it is told to.
mkdir alone
cp "$flowtank" alone/flowtank
export LD_LIBRARY_PATH=$prefix/lib
code=0
said=$(alone/flowtank lint shop.json 2>&1) || code=$?
((code == 2)) || stop "without models lint ends with $code: $said"
has "$said" "there is no model \"order\""
FLOWTANK_MODELS=/nowhere:$prefix/share/flowtank/models/services alone/flowtank check shop.json --no-save >/dev/null || stop "FLOWTANK_MODELS is not heeded"
alone/flowtank check shop.json --no-save --models "$prefix/share/flowtank/models/services" >/dev/null || stop "--models is not heeded"

if [[ $CONFIG == Release ]]; then
  ! grep -qF -- "$SOURCE" "$flowtank" || stop "the program names the folder of its sources: $(strings "$flowtank" | grep -F "$SOURCE" | head -3)"
  ! grep -qF -- "$BUILD" "$flowtank" || stop "the program names the folder it was built in"
fi
