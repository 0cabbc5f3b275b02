// SPDX-License-Identifier: Apache-2.0
// Reads the parameters of properties of sessions (PropertyKind::read_your_writes to pbs). Used by the reader of
// library properties alone.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

class SessionProperty {
 public:
  SessionProperty(Builder& builder, Fields& fields, PropertySpec& property)
      : builder_(builder), fields_(fields), property_(property) {}

  void read();

 private:
  void steps(const char* key, bool reads, std::vector<std::pair<std::uint32_t, std::uint32_t>>& out);
  void places();
  void staleness();

  Builder& builder_;
  Fields& fields_;
  PropertySpec& property_;
};

}  // namespace flowtank::loading
