// SPDX-License-Identifier: Apache-2.0
// See problem_model.hpp. The suggestion is the first name that the hint asks about, else the whole hint.
#include "gui/models/problem_model.hpp"

#include "gui/models/words.hpp"

namespace flowtank::gui {

QString suggested_name(const std::string& hint) {
  constexpr std::string_view asks = "Did you mean \"";
  const std::size_t at = hint.find(asks);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + asks.size();
  const std::size_t end = hint.find('"', begin);
  return end == std::string::npos ? QString() : QString::fromStdString(hint.substr(begin, end - begin));
}

void ProblemModel::show(const Diagnostics& diagnostics) {
  beginResetModel();
  diagnostics_ = diagnostics;
  endResetModel();
}

QString ProblemModel::replacement(int row) const {
  return row >= 0 && row < rowCount() ? suggested_name(diagnostics_.all()[static_cast<std::size_t>(row)].hint) : QString();
}

int ProblemModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(diagnostics_.all().size()); }
int ProblemModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QVariant ProblemModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const Diagnostic& d = diagnostics_.all()[static_cast<std::size_t>(index.row())];
  if (role == severity_role) return static_cast<int>(d.severity);
  if (role == Qt::ToolTipRole) return tip_of(name_of(d.message) + (d.hint.empty() ? QString() : QLatin1Char('\n') + name_of(d.hint)));
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case severity: return d.severity == Severity::error ? tr("Error") : d.severity == Severity::warning ? tr("Warning") : tr("Note");
    case position: return d.range.line == 0 ? QString() : QStringLiteral("%1:%2").arg(d.range.line).arg(d.range.column);
    case pointer: return name_of(d.pointer);
    case message: {
      QString said = name_of(reports::with_capital(d.message));
      if (d.expression_column != 0) said = tr("Column %1 of the expression: ").arg(d.expression_column) + name_of(d.message);
      return said;
    }
    case suggestion: {
      const QString name = replacement(index.row());
      return name.isEmpty() ? name_of(d.hint) : name;
    }
    case code: return name_of(d.code);
    default: return {};
  }
}

QVariant ProblemModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case severity: return tr("Severity");
    case position: return tr("Line:col");
    case pointer: return tr("Where");
    case message: return tr("Message");
    case suggestion: return tr("Did you mean");
    case code: return tr("Code");
    default: return {};
  }
}

}  // namespace flowtank::gui
