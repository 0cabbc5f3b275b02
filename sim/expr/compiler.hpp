// SPDX-License-Identifier: Apache-2.0
// From a checked tree to bytecode. The tree is trusted to be checked (names resolved, types written) and
// bounded; what cannot be encoded is reported, never truncated.
#pragma once

#include <memory>
#include <string>

#include "sim/expr/ast.hpp"
#include "sim/expr/bytecode.hpp"
#include "sim/expr/checker.hpp"

namespace flowtank::expr {

// nullptr and a sentence in `error` when the expression needs more registers or constants than operands
// can name, or has a wrong constant pattern (then `error_node` says where).
std::shared_ptr<const ProgramData> generate(const Ast& ast, const CheckedTree& tree, const Environment& environment,
                                            std::string& error, NodeId& error_node, std::string& error_code);

}  // namespace flowtank::expr
