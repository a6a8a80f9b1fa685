from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common_neighbours import NeighboursCommon


@tagged("post_install", "-at_install")
class TestPartnerMerge(NeighboursCommon):
    """Who is merged reads what the other was billed."""

    # === MERGING CLIENTS === #

    def _merge(self, partners, user):
        partners.email = "same@example.com"
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user)
        wizard.create(
            {
                "partner_ids": [Command.set(partners.ids)],
                "dst_partner_id": partners[0].id,
                "state": "selection",
            }
        ).action_merge()

    def _create_contacts(self, **values):
        names = ("Dora Double", "Dora Double")
        return self.env["res.partner"].create(
            [{"name": name, **values} for name in names]
        )

    def test_two_logins_are_not_merged(self):
        for user in (self.hill_desk, self.front_desk, self.manager, self.env.user):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._merge(self.client | self.other_client, user)
        self.other_client_user.active = False
        with self.assertRaisesRegex(UserError, "login"):
            self._merge(self.client | self.other_client, self.hill_desk)
        self.assertTrue((self.client | self.other_client).exists())

    def test_clients_of_another_practice_are_not_merged(self):
        served, billed, ours = (
            self._create_contacts(),
            self._create_contacts(),
            self._create_contacts(company_id=self.practice.id),
        )
        self._create_service(patient=served[1])
        self._bill_to(self._invoice(self._create_service()), billed[1])
        for partners in (
            served,
            billed,
            ours,
            self._create_contacts()[:1] | self.client,
        ):
            with self.subTest(partners=partners), self.assertRaises(AccessError):
                self._merge(partners, self.hill_desk)
            self.assertEqual(len(partners.exists()), 2)

    def test_the_practice_merges_its_own_clients(self):
        twice = self._create_contacts()
        service = self._create_service(patient=twice[1])
        self._merge(twice, self.front_desk)
        self.assertEqual(service.patient_id, twice[0])
        self._merge(self._create_contacts(), self.hill_desk)
