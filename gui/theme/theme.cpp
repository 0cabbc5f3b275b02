// SPDX-License-Identifier: Apache-2.0
// See theme.hpp. Dark takes the fills of Okabe-Ito as they are; light darkens blue, vermillion and purple a little,
// since text on or in them would be too faint otherwise.
#include "gui/theme/theme.hpp"

#include <algorithm>
#include <cmath>

namespace flowtank::gui {

const Theme& Theme::dark() {
  static const Theme theme(true, {
      0xff202328, 0xff16181b, 0xff1b1e22, 0xff282c32, 0xff2d3238, 0xff383e45, 0xff4b525b, 0xff2a2f35, 0xffe6e8eb, 0xffa9b0b9, 0xff828a94,
      0xff56b4e9, 0xff1d3b50, 0xff0d1720,
      0xffd55e00, 0xffff8547, 0xff3a2013,
      0xff009e73, 0xff35c99b, 0xff10302a,
      0xffe69f00, 0xfff0b429, 0xff352a10,
      0xffa9b0b9,
      0xffcc79a7, 0xffe39cc4, 0xff35222e,
      0xff14161a});
  return theme;
}

const Theme& Theme::light() {
  static const Theme theme(false, {
      0xffeceef0, 0xffffffff, 0xfff6f7f8, 0xffe2e5e8, 0xfffbfbfc, 0xffc9ced4, 0xffa5adb6, 0xffe3e6e9, 0xff1b1f24, 0xff505963, 0xff68717b,
      0xff0067a3, 0xffd8ebf7, 0xffffffff,
      0xffc25200, 0xffa84400, 0xfffdebdf,
      0xff009e73, 0xff007052, 0xffdff3ec,
      0xffe69f00, 0xff7d5a00, 0xfffcf1d6,
      0xff505963,
      0xffb04d87, 0xff9c3a75, 0xfff8e8f1,
      0xffffffff});
  return theme;
}

QPalette Theme::palette() const {
  const Theme& t = *this;
  QPalette p;
  p.setColor(QPalette::Window, t[Role::window]);
  p.setColor(QPalette::WindowText, t[Role::text]);
  p.setColor(QPalette::Base, t[Role::base]);
  p.setColor(QPalette::AlternateBase, t[Role::alternate]);
  p.setColor(QPalette::Text, t[Role::text]);
  p.setColor(QPalette::Button, t[Role::raised]);
  p.setColor(QPalette::ButtonText, t[Role::text]);
  p.setColor(QPalette::BrightText, t[Role::fail_text]);
  p.setColor(QPalette::Highlight, t[Role::accent_tint]);
  p.setColor(QPalette::HighlightedText, t[Role::text]);
  p.setColor(QPalette::ToolTipBase, t[Role::raised]);
  p.setColor(QPalette::ToolTipText, t[Role::text]);
  p.setColor(QPalette::PlaceholderText, t[Role::faint]);
  p.setColor(QPalette::Link, t[Role::accent]);
  p.setColor(QPalette::LinkVisited, t[Role::accent]);
  p.setColor(QPalette::Mid, t[Role::line]);
  p.setColor(QPalette::Midlight, t[Role::grid]);
  p.setColor(QPalette::Dark, t[Role::strong_line]);
  p.setColor(QPalette::Light, t[Role::raised]);
  p.setColor(QPalette::Shadow, t[Role::line]);
  for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) p.setColor(QPalette::Disabled, role, t[Role::faint]);
  return p;
}

QString Theme::style_sheet() const {
  const auto c = [this](Role role) { return (*this)[role].name(); };
  return QStringLiteral(
             "QMainWindow::separator { background: %1; width: 4px; height: 4px; }"
             "QDockWidget { font-weight: 600; }"
             "QDockWidget::title { background: %2; padding: 5px 8px; border: 1px solid %3; }"
             "QMenuBar, QToolBar, QStatusBar { background: %1; border: none; }"
             "QToolBar { spacing: 4px; padding: 4px; border-bottom: 1px solid %3; }"
             "QStatusBar { border-top: 1px solid %3; }"
             "QStatusBar::item { border: none; }"
             "QHeaderView::section { background: %4; color: %5; border: none; border-right: 1px solid %6; border-bottom: 1px solid %3; padding: 4px 7px; font-weight: 400; }"
             "QTableView, QListView, QAbstractScrollArea { border: none; }"
             "QTableView { gridline-color: %6; selection-background-color: %7; selection-color: %8; }")
             .arg(c(Role::window), c(Role::dock_title), c(Role::line), c(Role::alternate), c(Role::dim), c(Role::grid), c(Role::accent_tint), c(Role::text)) +
         QStringLiteral(
             "QToolButton { padding: 4px 8px; border-radius: 4px; border: 1px solid transparent; color: %1; }"
             "QToolButton:hover { background: %2; }"
             "QToolButton:checked { background: %3; border-color: %4; }"
             "QToolButton:disabled { color: %5; }"
             "QPushButton { padding: 4px 12px; border: 1px solid %6; border-radius: 4px; background: %7; }"
             "QPushButton:hover { border-color: %4; }"
             "QPushButton:focus { border: 2px solid %4; padding: 3px 11px; }"
             "QPushButton:disabled { color: %5; }"
             "QPushButton[primary=\"true\"] { background: %4; color: %8; border-color: %4; font-weight: 600; }"
             "QLineEdit, QComboBox, QSpinBox { border: 1px solid %6; border-radius: 4px; padding: 3px 7px; background: %9; }"
             "QLineEdit:focus, QComboBox:focus, QSpinBox:focus { border-color: %4; }")
             .arg(c(Role::text), c(Role::dock_title), c(Role::accent_tint), c(Role::accent), c(Role::faint), c(Role::strong_line), c(Role::raised), c(Role::on_accent), c(Role::base)) +
         QStringLiteral(
             "QTabBar::tab { padding: 5px 12px; background: %1; border: 1px solid %2; border-bottom: none; color: %3; }"
             "QTabBar::tab:selected { background: %4; color: %5; border-top: 2px solid %6; font-weight: 600; }"
             "QToolTip { background: %7; color: %5; border: 1px solid %8; padding: 4px; }"
             "QLabel[role=\"dim\"] { color: %3; }"
             "QLabel[role=\"headline\"] { font-weight: 600; }"
             "QLabel[role=\"error\"] { color: %10; font-weight: 600; }"
             "QFrame[role=\"fault\"] { background: %9; }")
             .arg(c(Role::window), c(Role::line), c(Role::dim), c(Role::base), c(Role::text), c(Role::accent), c(Role::raised), c(Role::strong_line), c(Role::fault_tint), c(Role::fail_text)) +
         QStringLiteral("QFrame[role=\"error\"] { background: %1; border: 1px solid %2; } QFrame[role=\"panel\"] { background: %3; border: 1px solid %4; border-radius: 4px; }"
                        "QLabel[role=\"letter\"] { background: %6; border: 1px solid %7; border-radius: 4px; }"
                        "QWidget[role=\"base\"] { background: %3; } QWidget[role=\"strip\"] { background: %5; border-bottom: 1px solid %4; }")
             .arg(c(Role::fail_tint), c(Role::fail), c(Role::base), c(Role::line), c(Role::alternate), c(Role::accent_tint), c(Role::accent));
}

double contrast(const QColor& a, const QColor& b) {
  const auto luminance = [](const QColor& colour) {
    const auto linear = [](double x) { return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
  };
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

}  // namespace flowtank::gui
