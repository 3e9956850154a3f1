// SPDX-License-Identifier: GPL-2.0
#include "growth.h"

TEN(0) TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9)
