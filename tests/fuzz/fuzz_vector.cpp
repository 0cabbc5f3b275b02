// SPDX-License-Identifier: Apache-2.0
// A broker vector of any bytes: read, and judged against the model that it names.
#include <models/brokers/vectors/runner.hpp>

#include "tests/fuzz/target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flowtank;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Diagnostics diagnostics;
  const auto vector = vectors::parse_vector("v.json", text, diagnostics);
  fuzz::demand_good(diagnostics, {{"v.json", text}});
  if (vector) fuzz::demand(!vectors::to_text(vectors::judge(*vector)).empty(), "a judgement without words");
  return 0;
}
