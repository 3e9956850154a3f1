// SPDX-License-Identifier: GPL-2.0
#include "growth.h"

ONE(0)
