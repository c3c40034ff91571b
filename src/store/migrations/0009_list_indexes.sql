-- SPDX-License-Identifier: Apache-2.0
-- For lists: how many persons an organisation has, who awaits what.
CREATE INDEX person_organisation ON person (organisation, disabled_ms);
CREATE INDEX source_steward_person ON source_steward (person);
