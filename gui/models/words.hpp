// SPDX-License-Identifier: Apache-2.0
// From the texts of the library to those of Qt. What comes from a user's file is made printable on the way, so that no name
// can act on a window; what the library says is printable already.
#pragma once

#include <QString>

#include <string>

#include <reports/text.hpp>

namespace flowtank::gui {

inline QString text_of(const std::string& said) { return QString::fromStdString(said); }
inline QString name_of(const std::string& users) { return QString::fromStdString(reports::printable(users)); }

}  // namespace flowtank::gui
