#!/usr/bin/env bash
# cmake --install puts everything where it belongs; then the whole tree is moved, and all other tests use it there.
source "$(dirname "$0")/kit.sh"
rm -rf "$WORK"
mkdir -p "$WORK"
"$CMAKE" --install "$BUILD" --prefix "$WORK/installed" >"$WORK/install.log" || stop "cmake --install failed: $(tail -5 "$WORK/install.log")"
mv "$WORK/installed" "$prefix"
for file in bin/flowtank include/flowtank/sim/world/world.hpp include/flowtank/models/brokers/registry.hpp \
  share/flowtank/models/services/order.json share/flowtank/models/schema/model.schema.json \
  share/flowtank/scenarios/store-all-patterns.json share/flowtank/scenarios/schema/scenario.schema.json \
  share/flowtank/reports/schema/report.schema.json share/flowtank/reports/schema/diff.schema.json \
  share/flowtank/reports/schema/brokers.schema.json share/flowtank/reports/schema/sweep.schema.json \
  share/flowtank/reports/schema/baseline.schema.json share/flowtank/reports/schema/lint.schema.json \
  share/flowtank/reports/schema/idempotency.schema.json share/flowtank/reports/schema/commute.schema.json \
  share/flowtank/reports/schema/rebuild.schema.json share/flowtank/reports/schema/compare.schema.json \
  share/man/man1/flowtank.1 share/man/man1/flowtank-check.1 share/doc/flowtank/README.md \
  share/bash-completion/completions/flowtank share/zsh/vendor-completions/_flowtank \
  share/fish/vendor_completions.d/flowtank.fish; do
  there "$prefix/$file"
done
# Every header of the libraries, and no header of the faces.
for header in $(cd "$SOURCE" && find sim models reports -name '*.hpp'); do
  there "$prefix/include/flowtank/$header"
done
[[ ! -e $prefix/include/flowtank/cli ]] || stop "headers of the command are installed"
