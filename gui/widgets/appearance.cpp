// SPDX-License-Identifier: Apache-2.0
// See appearance.hpp. Whether the platform is dark is decided by the lightness of its window colour.
#include "gui/widgets/appearance.hpp"

#include <QApplication>
#include <QFont>
#include <QStyleFactory>

#include <algorithm>

namespace flowtank::gui {

Appearance::Appearance(QObject* parent)
    : QObject(parent), system_is_dark_(QApplication::palette().color(QPalette::Window).lightness() < 128), theme_(system_is_dark_ ? &Theme::dark() : &Theme::light()) {}

void Appearance::set_scheme(Scheme scheme) {
  scheme_ = scheme;
  const bool dark = scheme == Scheme::dark || (scheme == Scheme::system && system_is_dark_);
  theme_ = dark ? &Theme::dark() : &Theme::light();
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setPalette(theme_->palette());
  QFont font = QApplication::font();
  font.setPixelSize(text_size_);
  QApplication::setFont(font);
  qApp->setStyleSheet(theme_->style_sheet());
  Q_EMIT changed();
}

void Appearance::set_text_size(int pixels) {
  text_size_ = std::clamp(pixels, least_text, most_text);
  set_scheme(scheme_);
}

}  // namespace flowtank::gui
