// SPDX-License-Identifier: Apache-2.0
// A command line of any words (one a line of the input), and each of them as an override of a good scenario.
#include <cli/command_line.hpp>
#include <sim/scenario/overrides.hpp>

#include "tests/fuzz/target.hpp"

namespace {

constexpr const char* scenario = R"({"flowtank":1,"services":{"order":{"use":"order","with":{"publish":"outbox"}}},"faults":[{"name":"dup"}]})";

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flowtank;
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '\n') {
      words.emplace_back();
    } else if (data[i] != 0) {  // the words of a process end there
      words.back() += static_cast<char>(data[i]);
    }
  }
  cli::UsageError error;
  const auto line = cli::read_command_line(words, error);
  fuzz::demand(line.has_value() == error.message.empty(), "a command line exactly when there is no error");
  for (const std::string& word : words) {
    Sources sources;
    Diagnostics diagnostics;
    auto root = read_json(sources, sources.add("shop.json", scenario), {}, diagnostics);
    fuzz::demand(root.has_value(), "the fixed scenario is read");
    apply_override(*root, word, sources, {}, diagnostics);
    fuzz::demand_good(diagnostics, {{"shop.json", scenario}});
  }
  return 0;
}
