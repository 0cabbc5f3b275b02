// SPDX-License-Identifier: Apache-2.0
// Compiled expressions: compile() once, evaluate() often. A Program is immutable and may be shared by
// threads; evaluating it allocates only in the given Arena, and only for new strings, lists and maps.
// Time, memory and native stack of an evaluation are bounded: by Budget, by the limit of the Arena,
// and by the limits on nesting that compile() enforces.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/base/value.hpp>

#include "sim/expr/environment.hpp"
#include "sim/expr/error.hpp"
#include "sim/expr/host.hpp"
#include "sim/expr/type.hpp"

namespace flowtank::expr {

enum class Access : std::uint8_t {
  key,    // k in t, t[k], has(t.k)
  size,   // size(t)
  scan,   // macros over t, rows(t), t == u
};

// How the text of an expression uses a table. Static: an evaluation may do less, never more, unless
// Program::tables_escape().
struct TableAccess {
  Value table;
  Access access;
  friend bool operator==(const TableAccess& a, const TableAccess& b) {
    return a.table.u == b.table.u && a.access == b.access;
  }
};

struct ProgramData;

class Program {
 public:
  explicit Program(std::shared_ptr<const ProgramData> data) : data_(std::move(data)) {}

  Type result_type() const;
  const TypeTable& types() const;
  // Sorted by table handle, then access; no duplicates.
  const std::vector<TableAccess>& accesses() const;
  // A table is used as a value (bound, passed on, returned), so `accesses` may miss some use of it.
  bool tables_escape() const;
  // Slots that are read, ascending.
  const std::vector<std::uint32_t>& slots() const;
  // The value when it is the same in every evaluation; otherwise absent.
  Value constant() const;
  // When the expression is a variable and nothing else: its slot.
  std::optional<std::uint32_t> plain_slot() const;
  // When the expression is a variable and one or more fields of it (`event.data.id`): where they are, so
  // that who evaluates it very often can follow them itself. Nothing otherwise.
  struct FieldStep {
    std::uint32_t record = 0xffffffffU;  // record id that is expected; 0xffffffff: found by name when it is known
    std::uint32_t field = 0;             // position in that record
    std::string_view name;               // lives as long as the program
  };
  struct FieldPath {
    std::uint32_t slot = 0;
    std::vector<FieldStep> steps;
  };
  std::optional<FieldPath> field_path() const;
  // Number of instructions, a measure of size.
  std::size_t size() const;

  const ProgramData& data() const { return *data_; }

 private:
  std::shared_ptr<const ProgramData> data_;
};

struct CompileOptions {
  // The type the result must fit; another one is a diagnostic (FT-CEL-020).
  std::optional<Type> expected;
  // Errors of names and types are no diagnostics but error values when they are evaluated, as in an
  // unchecked CEL. Syntax errors stay diagnostics.
  bool lenient = false;
};

// Nothing when there is an error; all errors found are in `diagnostics`.
std::optional<Program> compile(std::string_view text, const Environment& environment, Diagnostics& diagnostics,
                               const Place& place = {}, const CompileOptions& options = {});

// A step is an instruction inside a loop, or about 64 bytes of bulk work.
struct Budget {
  std::uint64_t steps = 1'000'000;
};

// Slots must be at least environment.slot_count() (CHECK). The result is a value or an error value,
// never absent; its objects live in `arena`, in the program, in the slots or at the host. When steps or
// memory run out the result is that error. Deterministic: a function of program, slots, host and limits.
Value evaluate(const Program& program, std::span<const Value> slots, Host& host, Arena& arena, Budget budget = {});

}  // namespace flowtank::expr
