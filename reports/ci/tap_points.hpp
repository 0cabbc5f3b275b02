// SPDX-License-Identifier: Apache-2.0
// Test points of TAP 14 as they are put down one after the other: version and plan come first in the end, descriptions escape
// what begins a directive, YAML blocks are indented by two and hold texts as JSON strings, which YAML reads as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reports/ci/findings.hpp"

namespace flowtank::reports {

class TapPoints {
 public:
  // `directive`: "SKIP why", or TAP's word for what may fail with its reason; empty: none.
  void begin(bool ok, const std::string& text, const std::string& directive = "");
  // The YAML block of the point that was begun last.
  void diagnose(const Finding& finding);
  // Version, plan and points; with `bail` the line that says that nothing more comes.
  std::string whole(std::string_view bail) const;

 private:
  void yaml(std::string_view key, const std::string& value);
  void number(std::string_view key, std::uint64_t value);

  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace flowtank::reports
