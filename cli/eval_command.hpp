// SPDX-License-Identifier: Apache-2.0
// `flowtank eval`: evaluates one CEL expression, or runs conformance vectors. A small door to the
// expression language: to try an expression before it goes into a scenario, and to check the language.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace flowtank::cli {

struct EvalArguments {
  std::optional<std::string> expression;
  std::optional<std::string> with;   // JSON object: variables of the expression; integers are int
  std::vector<std::string> vectors;  // files; when there are any, `expression` is not used
};

// Results go to `out` as CEL source text, diagnostics and errors to `err`. Exit code: 0; 1 when the
// evaluation gives an error or a vector fails; 2 when the expression, the JSON or a file is bad.
int run_eval(const EvalArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flowtank::cli
