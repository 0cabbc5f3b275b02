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
  // Size of the interface's text in pixels, least_text to most_text; pictures follow it.
  int text_size() const { return text_size_; }
  void set_text_size(int pixels);
  static constexpr int least_text = 11, usual_text = 13, most_text = 17;

 Q_SIGNALS:
  void changed();

 private:
  Scheme scheme_ = Scheme::system;
  int text_size_ = usual_text;
  bool system_is_dark_;
  const Theme* theme_;
};

}  // namespace flowtank::gui
