// SPDX-License-Identifier: Apache-2.0
// The colours by what they mean, light and dark: Okabe-Ito and shades of it. Three layers of meaning, three colours:
// accent is focus, selection and causal path; fault is what we injected; fail is a property that is violated. Nothing
// is said by colour alone: every use has a shape, a word or a dash beside it. Invariant: every text role holds 4.5:1 on
// base and on its own tint (a test computes it).
#pragma once

#include <QColor>
#include <QPalette>

#include <array>
#include <cstdint>

namespace flowtank::gui {

enum class Role : std::uint8_t {
  window, base, alternate, dock_title, raised, line, strong_line, grid, text, dim, faint,
  accent, accent_tint, on_accent,
  fail, fail_text, fail_tint,
  pass, pass_text, pass_tint,
  unsure, unsure_text, unsure_tint,
  vacuous,
  fault, fault_text, fault_tint,
  on_fill,
};
inline constexpr std::size_t roles = static_cast<std::size_t>(Role::on_fill) + 1;

class Theme {
 public:
  static const Theme& light();
  static const Theme& dark();

  QColor operator[](Role role) const { return QColor(colours_[static_cast<std::size_t>(role)]); }
  bool is_dark() const { return dark_; }
  // For Fusion and everything that Qt draws.
  QPalette palette() const;
  // What a palette cannot say: docks, headers, buttons.
  QString style_sheet() const;

 private:
  constexpr Theme(bool dark, const std::array<QRgb, roles>& colours) : dark_(dark), colours_(colours) {}
  bool dark_;
  std::array<QRgb, roles> colours_;
};

// Contrast of two colours after WCAG 2, 1 to 21.
double contrast(const QColor& a, const QColor& b);

}  // namespace flowtank::gui
