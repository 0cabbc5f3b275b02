// SPDX-License-Identifier: Apache-2.0
// A scenario file of any bytes: loaded as run and as check with the shipped models, then driven for a little.
#include "tests/fuzz/target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flowtank::fuzz::Texts texts = flowtank::fuzz::shipped_models();
  texts["shop.json"].assign(reinterpret_cast<const char*>(data), size);
  flowtank::fuzz::load_and_drive(texts);
  return 0;
}
