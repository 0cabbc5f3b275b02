#!/usr/bin/env bash
# A project that knows Flowtank only by find_package() builds and gets the known verdicts.
source "$(dirname "$0")/kit.sh"
outside=$WORK/outside
rm -rf "$outside"
"$CMAKE" -S "$SOURCE/tests/packaging/outside" -B "$outside" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$CXX" \
  -DCMAKE_CXX_FLAGS="$FLAGS" >"$WORK/outside.log" 2>&1 || stop "does not configure: $(tail -20 "$WORK/outside.log")"
grep -q "^flowtank_DIR:PATH=$prefix/" "$outside/CMakeCache.txt" || stop "found another Flowtank: $(grep ^flowtank_DIR "$outside/CMakeCache.txt")"
"$CMAKE" --build "$outside" >"$WORK/outside.log" 2>&1 || stop "does not build: $(tail -20 "$WORK/outside.log")"
# Nothing that is installed says where it was built.
! grep -rqsF "$BUILD" "$prefix/lib"*/cmake "$prefix"/lib*/*/cmake || stop "a CMake file names the build folder"
said=$("$outside/outside") || stop "wrong: $said"
has "$said" "naive: FAIL, with an inbox: PASS"
