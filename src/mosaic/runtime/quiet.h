#pragma once

namespace mosaic {

/// Waits until the other threads of this process have stopped working, at most a quarter of a second. An engine's threads go on spinning for some
/// tens of milliseconds after a run and would take the processor from what is measured next.
void wait_until_quiet();

}  // namespace mosaic
