// SPDX-License-Identifier: Apache-2.0
// From the texts of the library to those of Qt. What comes from a user's file is made printable on the way, so that no name
// can act on a window; what the library says is printable already. Qt takes a tool tip for mark-up when it looks like it,
// and reads & in a menu as a key: names with <b> or & pass through tip_of() and label_of().
#pragma once

#include <QString>

#include <string>

#include <reports/text.hpp>

namespace flowtank::gui {

inline QString text_of(const std::string& said) { return QString::fromStdString(said); }
inline QString name_of(const std::string& users) { return QString::fromStdString(reports::printable(users)); }

// Plain text as a tool tip.
inline QString tip_of(const QString& plain) { return plain.isEmpty() ? plain : QStringLiteral("<span>%1</span>").arg(plain.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>"))); }
// Plain text on a button or in a menu.
inline QString label_of(QString plain) { return plain.replace(QLatin1Char('&'), QStringLiteral("&&")); }

}  // namespace flowtank::gui
