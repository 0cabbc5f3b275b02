// SPDX-License-Identifier: Apache-2.0
// See main_window.hpp: preferences. Colours and size of text change at once and are undone by Cancel; limits hold from OK on, which
// keeps all of them in the user's settings.
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QSettings>
#include <QSpinBox>

#include <algorithm>

#include "gui/widgets/main_window.hpp"

namespace flowtank::gui {
namespace {

constexpr int usual_millions = 5, usual_seconds = 120;

}  // namespace

void MainWindow::apply_preferences() {
  const QSettings settings;
  const int millions = remember_ ? settings.value(QStringLiteral("run-millions"), usual_millions).toInt() : usual_millions;
  const int seconds = remember_ ? settings.value(QStringLiteral("check-seconds"), usual_seconds).toInt() : usual_seconds;
  session_.set_limits(static_cast<std::uint64_t>(std::clamp(millions, 1, 1000)) * 1'000'000, std::clamp(seconds, 1, 86'400));
}

void MainWindow::show_preferences() {
  auto* dialog = new QDialog(this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("preferences-dialog"));
  dialog->setWindowTitle(tr("Preferences"));
  auto* form = new QFormLayout(dialog);
  auto* scheme = new QComboBox(dialog);
  scheme->setObjectName(QStringLiteral("scheme"));
  scheme->addItems({tr("As the system"), tr("Light"), tr("Dark")});
  scheme->setCurrentIndex(static_cast<int>(appearance_.scheme()));
  auto* text = new QSpinBox(dialog);
  text->setObjectName(QStringLiteral("text-size"));
  text->setRange(Appearance::least_text, Appearance::most_text);
  text->setSuffix(tr(" pixels"));
  text->setValue(appearance_.text_size());
  const QSettings settings;
  auto* millions = new QSpinBox(dialog);
  millions->setRange(1, 1000);
  millions->setSuffix(tr(" million actions"));
  millions->setValue(remember_ ? settings.value(QStringLiteral("run-millions"), usual_millions).toInt() : usual_millions);
  millions->setToolTip(tr("A run that goes on for longer is stopped, so that it can be looked at"));
  auto* seconds = new QSpinBox(dialog);
  seconds->setRange(1, 86'400);
  seconds->setSuffix(tr(" seconds"));
  seconds->setValue(remember_ ? settings.value(QStringLiteral("check-seconds"), usual_seconds).toInt() : usual_seconds);
  seconds->setToolTip(tr("Of a scenario that names no limit of its own"));
  form->addRow(tr("&Colours"), scheme);
  form->addRow(tr("Size of &text"), text);
  form->addRow(tr("A &run stops after"), millions);
  form->addRow(tr("Chec&k stops after"), seconds);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, dialog);
  form->addRow(buttons);
  const Scheme scheme_before = appearance_.scheme();
  const int text_before = appearance_.text_size();
  connect(scheme, &QComboBox::currentIndexChanged, this, [this](int to) { appearance_.set_scheme(static_cast<Scheme>(to)); });
  connect(text, &QSpinBox::valueChanged, this, [this](int to) { appearance_.set_text_size(to); });
  connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
  connect(dialog, &QDialog::rejected, this, [this, scheme_before, text_before] {
    appearance_.set_scheme(scheme_before);
    appearance_.set_text_size(text_before);
  });
  connect(dialog, &QDialog::accepted, this, [this, millions, seconds] {
    session_.set_limits(static_cast<std::uint64_t>(millions->value()) * 1'000'000, seconds->value());
    if (!remember_) return;
    QSettings kept;
    kept.setValue(QStringLiteral("scheme"), static_cast<int>(appearance_.scheme()));
    kept.setValue(QStringLiteral("text-size"), appearance_.text_size());
    kept.setValue(QStringLiteral("run-millions"), millions->value());
    kept.setValue(QStringLiteral("check-seconds"), seconds->value());
  });
  dialog->open();
}

}  // namespace flowtank::gui
