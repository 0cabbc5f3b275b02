// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system has it: the one place that decides, and tells everybody when it changes. Qt 6.4 does not
// know the system's scheme, so it is read off the palette that the platform gave at the start.
#pragma once

#include <QObject>

#include "gui/theme/theme.hpp"

namespace flowtank::gui {

enum class Scheme : std::uint8_t { system, light, dark };

class Appearance final : public QObject {
  Q_OBJECT
 public:
  explicit Appearance(QObject* parent = nullptr);

  const Theme& theme() const { return *theme_; }
  Scheme scheme() const { return scheme_; }
  // Sets style, palette and style sheet of the application.
  void set_scheme(Scheme scheme);

 Q_SIGNALS:
  void changed();

 private:
  Scheme scheme_ = Scheme::system;
  bool system_is_dark_;
  const Theme* theme_;
};

}  // namespace flowtank::gui
