#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/statistics.h"
#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"
#include "mosaic/profile/profile.h"

namespace mosaic {

/// What a profile says one configuration costs. Times in microseconds.
struct ConfigurationFit {
  std::vector<std::optional<double>> layers;  ///< inside a slice; none where it cannot run
  Line enter;                                 ///< starting a slice behind another one on the same configuration, by KiB at the cut
  double leave_per_kib = 0;                   ///< handing its outputs over at the end of a slice that others follow
  double residual_percent = 0;                ///< median deviation of the measured slices from what the fit says of them
  std::optional<double> whole;                ///< measured, the whole model as one slice
  double relative_low = 1;                    ///< 5 % and 95 % quantiles of a round's total over the median round's: how the machine drifted
  double relative_high = 1;

  /// Sum of the layers against the whole model, in per cent of the whole; none where one of the two is not known.
  [[nodiscard]] std::optional<double> check_percent() const;
};

/// Cost of handing a tensor from one device to another, beyond entering a slice, by KiB. The empty name is the caller.
using LinkFits = std::map<std::pair<std::string, std::string>, Line>;

/// A clock of the machine and what setting it takes.
struct ClockFit {
  using Ends = std::pair<std::optional<Hertz>, std::optional<Hertz>>;  ///< from and to, as operating points have them; none: left to the system
  std::vector<std::string> devices;                                    ///< that run at it
  std::map<Ends, double> changes;                                      ///< microseconds, the median
};

/// Everything the planner's costs are made of. Immutable value.
struct Fit {
  std::vector<ConfigurationFit> configurations;  ///< as Board::configurations
  LinkFits links;
  std::vector<ClockFit> clocks = {};
};

/// Separates what was measured of whole slices into layers, entering and links.
///
/// A slice of layers [i, j) on configuration c takes, besides what the link costs if the slice before ran elsewhere,
///     y(i, j) = beta_c + alpha_c (bytes at cut i) + sum of t(k, c) for k in [i, j) + gamma_c (bytes at cut j);
/// the first slice of the model has no alpha and beta, the last no gamma. Overlapping slices make this a sparse linear system with more equations
/// than unknowns; it is solved for t, alpha, beta, gamma >= 0 by weighted least squares (weights 1 / (2 % of y + 0.5 us), the scatter of single
/// medians). The whole model is not among the equations. Links are lines by Theil and Sen through the medians of their points; changes of clocks are
/// medians.
/// Deterministic. Errors: kInvalidInput: a configuration can run a layer that no slice measured.
/// Source: the shape of enter is that of eq. 1 and 2 of MOSAIC (Han et al., PACT 2019), with a cost for each pair instead of each device.
[[nodiscard]] Result<Fit> fit_profile(const Profile& profile, const Graph& graph, const Board& board);

/// The same of the energies that the profile holds, in microjoules instead of microseconds; links and changes of clocks draw none. Nothing where the
/// profile has no energies.
[[nodiscard]] Result<std::optional<Fit>> fit_energy(const Profile& profile, const Graph& graph, const Board& board);

}  // namespace mosaic
